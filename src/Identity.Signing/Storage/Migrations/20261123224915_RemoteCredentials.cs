using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Identity.Signing.Storage.Migrations
{
    /// <inheritdoc />
    public partial class RemoteCredentials : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "CredentialApprovals",
                columns: table => new
                {
                    ApprovalId = table.Column<string>(nullable: false),
                    CredentialId = table.Column<string>(nullable: false),
                    Client = table.Column<string>(nullable: false),
                    Evidence = table.Column<string>(nullable: false),
                    StoredAt = table.Column<long>(nullable: false),
                    TakenAt = table.Column<long>(nullable: true),
                    EndedAt = table.Column<long>(nullable: true),
                    Outcome = table.Column<string>(nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_CredentialApprovals", x => x.ApprovalId);
                });

            migrationBuilder.CreateTable(
                name: "RemoteCredentials",
                columns: table => new
                {
                    CredentialId = table.Column<string>(nullable: false),
                    Client = table.Column<string>(nullable: false),
                    Subject = table.Column<string>(nullable: false),
                    PersonIdentifier = table.Column<string>(nullable: false),
                    Certificate = table.Column<byte[]>(nullable: false),
                    Chain = table.Column<byte[]>(nullable: false),
                    CreatedAt = table.Column<long>(nullable: false),
                    NotAfter = table.Column<long>(nullable: false),
                    Instance = table.Column<string>(nullable: false),
                    ApprovalId = table.Column<string>(nullable: true),
                    EndedAt = table.Column<long>(nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_RemoteCredentials", x => x.CredentialId);
                });

            migrationBuilder.CreateTable(
                name: "UsedProofs",
                columns: table => new
                {
                    Id = table.Column<string>(nullable: false),
                    ExpiresAt = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_UsedProofs", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_CredentialApprovals_CredentialId",
                table: "CredentialApprovals",
                column: "CredentialId");

            migrationBuilder.CreateIndex(
                name: "IX_CredentialApprovals_EndedAt",
                table: "CredentialApprovals",
                column: "EndedAt");

            migrationBuilder.CreateIndex(
                name: "IX_RemoteCredentials_Client_Subject",
                table: "RemoteCredentials",
                columns: new[] { "Client", "Subject" });

            migrationBuilder.CreateIndex(
                name: "IX_RemoteCredentials_EndedAt",
                table: "RemoteCredentials",
                column: "EndedAt");

            migrationBuilder.CreateIndex(
                name: "IX_UsedProofs_ExpiresAt",
                table: "UsedProofs",
                column: "ExpiresAt");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "CredentialApprovals");

            migrationBuilder.DropTable(
                name: "RemoteCredentials");

            migrationBuilder.DropTable(
                name: "UsedProofs");
        }
    }
}
